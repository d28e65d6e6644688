import { describeScopedLocks } from './locks-contract';
import { MemoryLocks } from './memory-locks';

describe('locks in memory', () => {
  describeScopedLocks(() => new MemoryLocks());
});
