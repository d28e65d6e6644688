import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
  ValidateIf,
} from 'class-validator';
import { PaceDto } from '../operations/pace.dto';

export const DECISIONS = 100;

export class ReplayDto extends PaceDto {
  @ApiProperty({ description: 'Received at or after: ISO 8601, or how long ago.', example: '1h ago' })
  @IsString()
  from!: string;

  @ApiProperty({ description: 'Received before: ISO 8601, or how long ago.', example: '0s ago' })
  @IsString()
  to!: string;

  @ApiPropertyOptional({ description: 'Types or globs; default all.', type: [String], example: ['http*'] })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @IsNotEmpty({ each: true })
  @MaxLength(256, { each: true })
  types?: string[];

  @ApiPropertyOptional({ description: 'Names of triggers; required to execute.', type: [String] })
  @ValidateIf(({ mode, triggers }: ReplayDto) => mode === 'execute' || triggers !== undefined)
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @MaxLength(256, { each: true })
  triggers?: string[];

  @ApiProperty({ enum: ['dry_run', 'execute'], description: 'Only tell, or deliver again.', example: 'dry_run' })
  @IsIn(['dry_run', 'execute'])
  mode!: 'dry_run' | 'execute';

  @ApiPropertyOptional({
    description: 'Of a dry run: of how many events to tell each decision, with filters and conditions.',
    default: DECISIONS,
    example: 10,
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(1_000)
  limit?: number;
}
