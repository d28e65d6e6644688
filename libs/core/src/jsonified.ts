/** What is left of a value once it was written as JSON and read again: a `Date` is a string, `undefined` is `null`. */
export type Jsonified<T> = unknown extends T
  ? T
  : T extends { toJSON(): infer J }
    ? Jsonified<J>
    : T extends string | number | boolean | null
      ? T
      : // What a function without `return` answers.
        // oxlint-disable-next-line typescript/no-invalid-void-type
        T extends undefined | void
        ? null
        : T extends readonly (infer I)[]
          ? Jsonified<I>[]
          : T extends object
            ? { [K in keyof T as T[K] extends (...args: never[]) => unknown ? never : K]: Field<T[K]> }
            : never;

type Field<T> = undefined extends T ? Jsonified<Exclude<T, undefined>> | undefined : Jsonified<T>;
