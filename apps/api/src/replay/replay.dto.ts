import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsIn,
  IsNotEmpty,
  IsOptional,
  IsString,
  MaxLength,
  ValidateIf,
} from 'class-validator';
import { PaceDto } from '../operations/pace.dto';

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
}
