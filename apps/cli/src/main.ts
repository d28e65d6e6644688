import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { CommandFactory } from 'nest-commander';
import { CliModule } from './cli.module';
import { complain } from './complaint';

// `reflex tail | head` is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

async function main(): Promise<void> {
  // The libs tell what they do to a service's log; here, standard output belongs to the answer.
  Logger.overrideLogger(false);
  await CommandFactory.run(CliModule, { logger: false, cliName: 'reflex', serviceErrorHandler: complain });
}

void main().catch(complain);
