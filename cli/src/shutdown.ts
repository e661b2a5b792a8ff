/** Waits for the operator: the first SIGINT or SIGTERM aborts the returned signal, a second one ends the process at
 *  once. Node as process 1 of a container dies of neither without such handlers. */
export function listenForShutdown(): AbortSignal {
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143);
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return controller.signal;
}
