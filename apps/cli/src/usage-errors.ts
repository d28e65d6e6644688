import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectCommander } from 'nest-commander';
import type { Command } from 'commander';

/** Lets every command throw what it does not understand; by itself, only the first level would, and the others exit. */
@Injectable()
export class UsageErrors implements OnApplicationBootstrap {
  constructor(@InjectCommander() private readonly root: Command) {}

  onApplicationBootstrap(): void {
    this.root.name('reflex');
    throwing(this.root);
  }
}

function throwing(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) throwing(child);
}
