// npm passes a Ctrl-C on although the terminal has sent it to us already; a person takes longer to press it again.
const ONE_KEYPRESS_MS = 500;

/** Resolves at the first Ctrl-C or SIGTERM; a second one ends the process at once. */
export function interruption(): Promise<void> {
  return new Promise((resolve) => {
    let askedAt: number | undefined;
    const onSignal = () => {
      if (askedAt !== undefined && performance.now() - askedAt > ONE_KEYPRESS_MS) process.exit(130);
      askedAt ??= performance.now();
      resolve();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}
