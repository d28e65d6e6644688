import { types } from 'node:util';
import { StoreUnavailable } from '../errors';

/** SQLSTATE classes after which the same statement may succeed later: connection, resources, shutdown, lock, timeout. */
const PASSING = /^(08...|53...|57P..|40001|40P01|55P03|57014)$/;
const NETWORK = /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;
/** What node-postgres says without a code. */
const DRIVER =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end|the database system is)/i;

/** True when the database is at fault, not the statement. */
export function isOutage(error: unknown): boolean {
  if (error instanceof StoreUnavailable) return true;
  if (!types.isNativeError(error)) return false;
  // TypeORM wraps errors of the driver.
  const cause = (error as { driverError?: unknown }).driverError;
  if (types.isNativeError(cause) && cause !== error) return isOutage(cause);
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string') return PASSING.test(code) || NETWORK.test(code);
  return DRIVER.test(error.message);
}

/** True when a statement gave up waiting for a lock, as its `lock_timeout` told it to. */
export function isLockTimeout(error: unknown): boolean {
  const { code, driverError } = error as { code?: unknown; driverError?: { code?: unknown } };
  return code === '55P03' || driverError?.code === '55P03';
}

/** Runs a statement; outages come out as `StoreUnavailable`, everything else as it is. */
export async function reachable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isOutage(error) && !(error instanceof StoreUnavailable) ? new StoreUnavailable(error) : error;
  }
}
