import { maskKeys, SECRET } from './log-masking';

type Kind = 'email' | 'phone' | 'secret';

const EMAIL = /[\w.+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+/gi;
// With the code of a country or of a town, so that amounts, ids and dates are left alone.
const PHONE =
  /(?<![\w.+-])(?!\d{1,2}[/-]\d{1,2}[/-]\d{2,4}\b)(?:\+\d[\d ()/.-]{6,18}\d|\(?0\d{1,4}\)?[ /-]\d[\d /-]{4,14}\d)(?![\w-]|\.\d)/g;
const TOKEN =
  /\b(?:sk|pk|rk|rfx|ghp|gho|ghs|ghu|github_pat|glpat|xox[abprs]|npm|hf|whsec)[-_][\w-]{10,}|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+|\bA(?:KIA|SIA)[A-Z0-9]{16}\b|(?<=\bBearer\s+)[\w.~+/-]{12,}=*/g;
// What is shorter may stand anywhere.
const LEAST_SECRET = 4;

/**
 * Replaces secrets and personal data in JSON: values of fields with secret-looking names, e-mail addresses, telephone
 * numbers, tokens. The shape stays, and the same value always becomes the same placeholder, so that what hangs together
 * still does.
 */
export class Redactor {
  private readonly placeholders = new Map<string, string>();
  private readonly numbers: Record<Kind, number> = { email: 0, phone: 0, secret: 0 };
  /** Of fields: found anywhere else too. */
  private readonly fromFields = new Map<string, string>();

  /** How many different values were replaced. */
  get counts(): Record<string, number> {
    return { ...this.numbers };
  }

  redact<T>(value: T): T {
    this.learn(value, '');
    return this.replaced(value) as T;
  }

  /** A field may hold in one place what another quotes, so all fields are looked at first. */
  private learn(value: unknown, field: string): void {
    if (typeof value === 'string' && value.length >= LEAST_SECRET && SECRET.test(field)) {
      this.fromFields.set(value, this.placeholder('secret', value));
    }
    if (typeof value !== 'object' || value === null) return;
    for (const [name, item] of Object.entries(value)) this.learn(item, Array.isArray(value) ? field : name);
  }

  private replaced(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.replaced(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [this.text(name), this.replaced(item)]));
  }

  private text(text: string): string {
    let clean = maskKeys(text);
    for (const [secret, placeholder] of this.fromFields) {
      clean = clean.replaceAll(secret, placeholder);
      // As it stands within JSON that is text.
      clean = clean.replaceAll(JSON.stringify(secret).slice(1, -1), placeholder);
    }
    return clean
      .replace(TOKEN, (token) => this.placeholder('secret', token))
      .replace(EMAIL, (address) => this.placeholder('email', address))
      .replace(PHONE, (number) => this.placeholder('phone', number));
  }

  private placeholder(kind: Kind, value: string): string {
    const known = this.placeholders.get(value);
    if (known !== undefined) return known;
    const number = (this.numbers[kind] += 1);
    const made = MAKE[kind](number, value);
    this.placeholders.set(value, made);
    // What is made is not replaced again when it is met in a text.
    this.placeholders.set(made, made);
    return made;
  }
}

const MAKE: Record<Kind, (number: number, value: string) => string> = {
  email: (number) => `person${number}@example.com`,
  phone: (number, value) => {
    const digits = value.replace(/\D/g, '').length;
    const other = String(number).padStart(digits, '0');
    let place = 0;
    return value.replace(/\d/g, () => other[place++]!);
  },
  secret: (number) => `[secret ${number}]`,
};
