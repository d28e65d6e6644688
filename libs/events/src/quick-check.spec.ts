import {
  Allow,
  ArrayMaxSize,
  IsArray,
  IsDefined,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  MaxLength,
  Min,
  ValidateIf,
  ValidateNested,
  validateSync,
} from 'class-validator';
import * as fc from 'fast-check';
import { isClearlyValid } from './quick-check';

class Base {
  @Allow()
  anything?: unknown;

  @IsString()
  name!: string;
}

class Plain extends Base {
  @IsOptional()
  @IsInt()
  @Min(1)
  amount?: number;

  @IsArray()
  @ArrayMaxSize(2)
  @IsString({ each: true })
  @MaxLength(3, { each: true })
  labels!: string[];

  @ValidateIf((order: Plain) => order.name === 'urgent')
  @IsIn(['low', 'high'])
  priority?: string;

  @IsString({ validateIf: (order: Plain) => order.name === 'noted' })
  note?: unknown;

  @IsDefined()
  given!: unknown;
}

class Inner {
  @IsString()
  text!: string;
}

class Nested {
  @ValidateNested()
  inner!: Inner;
}

const OPTIONS = { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true };
const VALUES = fc.oneof(
  fc.constantFrom(undefined, null, 'urgent', 'noted', 'low', 'abcd', '', 0, 1, 1.5, true),
  fc.array(fc.constantFrom('a', 'abc', 'abcd', 7), { maxLength: 3 }),
  fc.constantFrom(new Set(['a', 7]), new Map([['key', 'abcd']]), {}),
);
const GOOD = { name: 'urgent', labels: ['a'], priority: 'low', given: 1 };

it('says yes exactly when validateSync finds nothing', () => {
  const objects = fc.record(
    { name: VALUES, anything: VALUES, amount: VALUES, labels: VALUES, priority: VALUES, note: VALUES, given: VALUES },
    { requiredKeys: [] },
  );
  let valid = 0;
  fc.assert(
    fc.property(objects, fc.boolean(), fc.boolean(), (values, onGood, withUnknown) => {
      const unknown = withUnknown ? { unknown: 1 } : {};
      // Most values of all fields by chance are wrong; a good object with one or two of them is the finer test.
      const some = onGood ? Object.fromEntries(Object.entries(values).slice(0, 2)) : values;
      const object = Object.assign(new Plain(), onGood ? GOOD : {}, some, unknown);

      const expected = validateSync(object, OPTIONS).length === 0;
      if (expected) valid += 1;

      expect(isClearlyValid(object)).toBe(expected);
    }),
    { numRuns: 4_000 },
  );
  expect(valid).toBeGreaterThan(50);
});

it('leaves nested objects, and those without rules, to validateSync', () => {
  const nested = Object.assign(new Nested(), { inner: Object.assign(new Inner(), { text: 'good' }) });

  expect(validateSync(nested, OPTIONS)).toEqual([]);
  expect(isClearlyValid(nested)).toBe(false);
  expect(isClearlyValid({})).toBe(false);
});
