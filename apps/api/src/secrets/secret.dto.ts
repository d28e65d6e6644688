import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { Rotation, SecretNote } from '@reflex/event-store';
import { IsOptional, IsString, MaxLength, MinLength } from 'class-validator';

// Shorter ones would be found in ordinary words when they are taken out of logs and answers.
const MIN_LENGTH = 6;
const MAX_LENGTH = 8_192;

export class SecretValueDto {
  @ApiProperty({ description: 'It cannot be read again.', example: 'a-token-of-the-billing-system' })
  @IsString()
  @MinLength(MIN_LENGTH)
  @MaxLength(MAX_LENGTH)
  value!: string;

  @ApiPropertyOptional({ description: 'Why, for the audit.', example: 'Exchanged, as every quarter.' })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  reason?: string;
}

/** What is told of a stored secret. */
export class SecretDto {
  @ApiProperty({ example: 'BILLING_TOKEN' })
  name!: string;

  @ApiProperty({ description: 'The key of `SECRETS_KEYS` that it is sealed with.', example: 'k1' })
  key_id!: string;

  @ApiProperty({ description: 'False when this process has no key that opens it.' })
  usable!: boolean;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ format: 'date-time' })
  updated_at!: string;

  @ApiProperty({ description: 'Who gave it its value.', example: 'key:ops/1' })
  updated_by!: string;
}

export class RotationDto {
  @ApiProperty({ description: 'The key that all are sealed with now.', example: 'k2' })
  key_id!: string;

  @ApiProperty({ description: 'How many were sealed with another.', example: 3 })
  rotated!: number;

  @ApiProperty({ type: [String], description: 'Names of those that no key opens; they stay as they are.', example: [] })
  left!: string[];
}

export function secretJson({ name, keyId, usable, createdAt, updatedAt, updatedBy }: SecretNote): SecretDto {
  return {
    name,
    key_id: keyId,
    usable,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
    updated_by: updatedBy,
  };
}

export function rotationJson({ keyId, rotated, left }: Rotation): RotationDto {
  return { key_id: keyId, rotated, left };
}
