import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsIn, IsNotEmpty, IsObject, IsOptional, IsString, MaxLength } from 'class-validator';

export class BacktestDto {
  @ApiProperty({ description: 'Name of the trigger, whose code the asked process has.', example: 'error-threshold' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(128)
  trigger!: string;

  @ApiProperty({ description: 'Received at or after: ISO 8601, or how long ago.', example: '7d ago' })
  @IsString()
  from!: string;

  @ApiPropertyOptional({ description: 'Received before; default now.', example: '0s ago' })
  @IsOptional()
  @IsString()
  to?: string;

  @ApiPropertyOptional({ description: 'Types or globs; default all that the trigger takes.', type: [String] })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @IsNotEmpty({ each: true })
  @MaxLength(256, { each: true })
  types?: string[];

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'Other values of the parameters that the trigger declares with `tunable`.',
    example: { threshold: 8 },
  })
  @IsOptional()
  @IsObject()
  set?: Record<string, unknown>;

  @ApiPropertyOptional({
    description:
      'How long before `from` to begin, so that windows are full; default as long as the condition looks back.',
    example: '1h',
  })
  @IsOptional()
  @IsString()
  warm_up?: string;

  @ApiPropertyOptional({
    enum: ['recorded', 'model'],
    description:
      'Calls the handler as well, for what fires in both, and compares what it returns: with recorded answers of models, or asking a model for what is not on record. Takes the scope `admin`.',
  })
  @IsOptional()
  @IsIn(['recorded', 'model'])
  handlers?: 'recorded' | 'model';
}
