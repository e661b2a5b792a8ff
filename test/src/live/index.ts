export { type Exchange, LiveProbe, type LiveRun, watchDevice, watchLoopback } from './live-probe.ts';
export { type LiveScene, makeLiveScene } from './scene.ts';
