import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { assertJsonLimits } from '@reflex/core';
import { RequestRefused } from './refusals';

/** Checks query strings and bodies against their DTO; unknown fields are refused. */
export class ValidRequest extends ValidationPipe {
  constructor() {
    super({
      transform: true,
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: true,
      validationError: { target: false, value: false },
      exceptionFactory: (errors) => invalidRequest(errors),
    });
  }

  override async transform(...[value, metadata]: Parameters<ValidationPipe['transform']>): Promise<unknown> {
    if (!metadata.metatype || !this.toValidate(metadata)) return value;
    // Before class-transformer copies it: what it was made of may be hostile.
    assertJsonLimits(value);
    // A missing body is an object without fields, so that the answer names those that are missing.
    return super.transform(value ?? {}, metadata);
  }
}

function invalidRequest(errors: ValidationError[]): RequestRefused {
  const problems = errors.flatMap((error) => problemsOf(error));
  const first = problems[0]?.message ?? 'it cannot be read';
  return new RequestRefused(422, 'invalid_request', `The request is not valid: ${first}. Correct it.`, {
    details: problems.slice(0, 20),
  });
}

function problemsOf(error: ValidationError, path = ''): { field: string; message: string }[] {
  const field = path === '' ? error.property : `${path}.${error.property}`;
  const own = Object.values(error.constraints ?? {}).map((message) => ({ field, message }));
  return [...own, ...(error.children ?? []).flatMap((child) => problemsOf(child, field))];
}
