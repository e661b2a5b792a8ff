export { type Plugin, parsePipeline, type Section, type Value } from './grammar.ts';
export { type Era, unknownOptions } from './options.ts';
export { PipelineError } from './scanner.ts';
