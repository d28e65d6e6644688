import 'reflect-metadata';
import { banner } from './banner';
import { loadSettings } from './config';
import { LifecycleReporter } from './lifecycle/lifecycle-reporter';
import { startService, type Service } from './service';
import type { Settings } from './settings';
import { startFailure } from './start-failure';

// npm passes a Ctrl-C on although the terminal has sent it to us already; a person takes longer to press it again.
const ONE_KEYPRESS_MS = 500;
const MAX_STOP_MS = 40_000;

async function main(): Promise<void> {
  let settings: Settings | undefined;
  try {
    settings = loadSettings();
    const service = await startService(settings, { log: (line) => process.stdout.write(`${line}\n`) });
    stopOnSignal(service);
    reportErrors(service);
    process.stdout.write(banner(service, settings));
  } catch (error) {
    process.stderr.write(`${startFailure(error, settings)}\n`);
    process.exit(1);
  }
}

function stopOnSignal(service: Service): void {
  let askedAt: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (askedAt === undefined) {
      askedAt = performance.now();
      process.stdout.write(`\nStopping: work at hand is finished first. Press Ctrl-C again to stop at once.\n`);
      void end(service, 0, signal);
    } else if (performance.now() - askedAt > ONE_KEYPRESS_MS) {
      process.exit(130);
    }
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
}

function reportErrors(service: Service): void {
  const lifecycle = service.app.get(LifecycleReporter);
  process.on('unhandledRejection', (error) => void lifecycle.error(error));
  // Whatever threw may have left things half done, so this process ends; what it had claimed goes back.
  process.on('uncaughtException', (error) => void crash(service, lifecycle, error));
}

async function crash(service: Service, lifecycle: LifecycleReporter, error: Error): Promise<void> {
  await lifecycle.error(error);
  await end(service, 1);
}

async function end(service: Service, code: number, signal?: string): Promise<void> {
  setTimeout(() => process.exit(1), MAX_STOP_MS).unref();
  try {
    await service.stop(signal);
    process.exit(code);
  } catch (error) {
    process.stderr.write(`The service did not stop cleanly: ${String(error)}\n`);
    process.exit(1);
  }
}

void main();
