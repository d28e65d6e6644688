import { types } from 'node:util';
import { StoreUnavailable } from '../errors';

/** SQLSTATE classes after which the same statement may succeed later: connection, resources, shutdown, lock, timeout. */
const PASSING = /^(08|53|57P|40001|40P01|55P03|57014)/;
const NETWORK =
  /ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|timeout|terminated|Connection|closed|not queryable/i;

/** True when the database is at fault, not the statement. */
export function isOutage(error: unknown): boolean {
  if (error instanceof StoreUnavailable) return true;
  if (!types.isNativeError(error)) return false;
  // TypeORM wraps errors of the driver.
  const cause = (error as { driverError?: unknown }).driverError;
  if (types.isNativeError(cause) && cause !== error) return isOutage(cause);
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return PASSING.test(code);
  return NETWORK.test(`${typeof code === 'string' ? code : ''} ${error.message}`);
}

/** Runs a statement; outages come out as `StoreUnavailable`, everything else as it is. */
export async function reachable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isOutage(error) && !(error instanceof StoreUnavailable) ? new StoreUnavailable(error) : error;
  }
}
