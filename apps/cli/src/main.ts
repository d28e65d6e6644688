import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { CommandFactory } from 'nest-commander';
import { CliModule } from './cli.module';
import { complain } from './complaint';

async function main(): Promise<void> {
  // The libs tell what they do to a service's log; here, standard output belongs to the answer.
  Logger.overrideLogger(false);
  await CommandFactory.run(CliModule, { logger: false, cliName: 'reflex', serviceErrorHandler: complain });
}

void main().catch(complain);
