import type { EntityManager, EntitySubscriberInterface, QueryRunner } from 'typeorm';

type TransactionEnd = { queryRunner: QueryRunner };

/** Calls back what was asked for on a transaction once it is committed; forgets it when it is rolled back. */
class CommitWatcher implements EntitySubscriberInterface {
  readonly waiting = new WeakMap<QueryRunner, (() => void)[]>();

  afterTransactionCommit({ queryRunner }: TransactionEnd): void {
    // The end of a savepoint is not yet a commit.
    if (queryRunner.isTransactionActive) return;
    const callbacks = this.waiting.get(queryRunner) ?? [];
    this.waiting.delete(queryRunner);
    for (const callback of callbacks) callback();
  }

  afterTransactionRollback({ queryRunner }: TransactionEnd): void {
    if (!queryRunner.isTransactionActive) this.waiting.delete(queryRunner);
  }
}

const watchers = new WeakMap<object, CommitWatcher>();

/** Runs `callback` when the transaction of `manager` commits; at once when there is none. */
export function afterCommit(manager: EntityManager, callback: () => void): void {
  const { queryRunner, dataSource } = manager;
  if (!queryRunner?.isTransactionActive) {
    callback();
    return;
  }
  let watcher = watchers.get(dataSource);
  if (!watcher) {
    watcher = new CommitWatcher();
    watchers.set(dataSource, watcher);
    dataSource.subscribers.push(watcher);
  }
  watcher.waiting.set(queryRunner, [...(watcher.waiting.get(queryRunner) ?? []), callback]);
}
