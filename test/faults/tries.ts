import { full } from './form';

const TRIES = full ? 1 : 3;

/**
 * What a measurement says that meets its figures. In the short form other tests run beside this one, so the best of three
 * tells what the system can do; the last is answered when none does. The full form has one try.
 */
export async function bestOf<T>(measure: () => Promise<T>, meets: (result: T) => boolean): Promise<T> {
  for (let left = TRIES; ; left -= 1) {
    const result = await measure();
    if (left === 1 || meets(result)) return result;
  }
}
