/** A JSON Schema, draft 2020-12. */
export type JsonSchema = Record<string, unknown>;

type Constraints = readonly unknown[];

const STRING: JsonSchema = { type: 'string' };

/** What each rule of class-validator means in JSON Schema, by the rule's name. */
const BY_RULE: Record<string, (constraints: Constraints) => JsonSchema> = {
  isString: () => STRING,
  isNumber: () => ({ type: 'number' }),
  isInt: () => ({ type: 'integer' }),
  isBoolean: () => ({ type: 'boolean' }),
  isObject: () => ({ type: 'object' }),
  isArray: () => ({ type: 'array' }),
  isNotEmptyObject: () => ({ type: 'object', minProperties: 1 }),
  isDate: () => ({ type: 'string', format: 'date-time' }),

  equals: ([value]) => ({ const: value }),
  notEquals: ([value]) => ({ not: { const: value } }),
  isIn: ([values]) => ({ enum: values }),
  isNotIn: ([values]) => ({ not: { enum: values } }),
  isEnum: ([, values]) => ({ enum: values }),
  isNotEmpty: () => ({ not: { const: '' } }),

  min: ([least]) => ({ type: 'number', minimum: least }),
  max: ([most]) => ({ type: 'number', maximum: most }),
  isPositive: () => ({ type: 'number', exclusiveMinimum: 0 }),
  isNegative: () => ({ type: 'number', exclusiveMaximum: 0 }),
  isDivisibleBy: ([divisor]) => ({ type: 'number', multipleOf: divisor }),

  minLength: ([least]) => ({ ...STRING, minLength: least }),
  maxLength: ([most]) => ({ ...STRING, maxLength: most }),
  isLength: ([least, most]) => ({ ...STRING, minLength: least, ...(most === undefined ? {} : { maxLength: most }) }),
  matches: ([pattern, flags]) => matching(pattern, flags),
  isUuid: () => ({ ...STRING, format: 'uuid' }),
  isEmail: () => ({ ...STRING, format: 'email' }),
  isUrl: () => ({ ...STRING, format: 'uri-reference' }),
  isFqdn: () => ({ ...STRING, format: 'hostname' }),
  isRFC3339: () => ({ ...STRING, format: 'date-time' }),
  isBooleanString: () => ({ enum: ['true', 'false', '1', '0'] }),

  arrayNotEmpty: () => ({ type: 'array', minItems: 1 }),
  arrayMinSize: ([least]) => ({ type: 'array', minItems: least }),
  arrayMaxSize: ([most]) => ({ type: 'array', maxItems: most }),
};

/** Rules that ask for text of a form which JSON Schema has no word for. */
const TEXT_RULES = new Set(
  `contains notContains isAlpha isAlphanumeric isAscii isBase32 isBase58 isBase64 isBIC isBtcAddress isByteLength
  isCreditCard isCurrency isDataURI isDateString isDecimal isEAN isEthereumAddress IsFirebasePushId isFullWidth
  isHalfWidth isHash isHexColor isHexadecimal isHSL isIBAN isIdentityCard isIp isISO31661Alpha2 isISO31661Alpha3
  isISO31661Numeric isISO4217CurrencyCode isISO6391 isIsbn isIsin isIso8601 isISRC isISSN isJson isJwt isLatLong isLocale
  isLowercase isMacAddress isMagnetURI isMilitaryTime isMimeType isMobilePhone isMongoId isMultibyte isNumberString
  isOctal isPassportNumber isPhoneNumber isPort isPostalCode isRgbColor isSemVer isStrongPassword isSurrogatePair
  isTaxId isTimeZone isUppercase isVariableWidth`.split(/\s+/),
);

/** The schema of one rule; `{}`, which accepts everything, for a rule of the owner's own. */
export function schemaOfRule(rule: string | undefined, constraints: Constraints): JsonSchema {
  if (rule === undefined) return {};
  if (TEXT_RULES.has(rule)) return STRING;
  return Object.hasOwn(BY_RULE, rule) ? BY_RULE[rule]!(constraints) : {};
}

/** One schema that asks for all of these. */
export function allOf(schemas: readonly JsonSchema[]): JsonSchema {
  const merged: JsonSchema = {};
  const rest: JsonSchema[] = [];
  for (const schema of schemas) {
    for (const [keyword, value] of Object.entries(schema)) {
      if (!Object.hasOwn(merged, keyword) || isNarrower(value, merged[keyword])) merged[keyword] = value;
      else if (value !== merged[keyword] && !isNarrower(merged[keyword], value)) rest.push({ [keyword]: value });
    }
  }
  return rest.length > 0 ? { ...merged, allOf: rest } : merged;
}

function isNarrower(type: unknown, than: unknown): boolean {
  return type === 'integer' && than === 'number';
}

function matching(pattern: unknown, flags: unknown): JsonSchema {
  const expression = pattern instanceof RegExp ? pattern : new RegExp(String(pattern), flags as string | undefined);
  // A pattern of JSON Schema has no flags; without its `i` it would refuse what the rule accepts.
  return /[imsy]/.test(expression.flags) ? STRING : { ...STRING, pattern: expression.source };
}
