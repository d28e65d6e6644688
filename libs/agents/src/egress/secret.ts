/**
 * Stands for a secret wherever one is needed: only the `EgressClient` puts the value in its place. Printed, logged or
 * written as JSON it shows its name.
 */
export class SecretRef {
  constructor(
    readonly name: string,
    /** Comes before the value, such as `Bearer `. */
    readonly prefix = '',
  ) {}

  toString(): string {
    return `${this.prefix}[secret ${this.name}]`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** Refers to a secret of the application's configuration: `secret('SLACK_TOKEN', 'Bearer ')`. */
export function secret(name: string, prefix?: string): SecretRef {
  return new SecretRef(name, prefix);
}
