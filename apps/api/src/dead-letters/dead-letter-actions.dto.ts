import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsBoolean, IsDefined, IsInt, IsObject, IsOptional, Max, Min, ValidateNested } from 'class-validator';
import { ReasonDto } from '../http/reason';
import { PaceDto } from '../operations/pace.dto';
import { DeadLetterFilterDto } from './dead-letter-filter.dto';

export class EditDto extends ReasonDto {
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'All of the event’s own fields, as its type asks for them; they take the place of those that it has.',
    example: { payload: { message: 'corrected' } },
  })
  @IsDefined()
  @IsObject()
  payload!: Record<string, unknown>;
}

export class RetryQuery {
  @ApiPropertyOptional({ type: Boolean, default: false, description: 'Only tell what would happen.' })
  @IsOptional()
  @Transform(({ value }) => (value === 'true' ? true : value === 'false' ? false : (value as unknown)))
  @IsBoolean()
  dry_run?: boolean;
}

function Filter(example: Partial<DeadLetterFilterDto>): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ type: DeadLetterFilterDto, description: 'Which ones; `{}` for all.', example }),
    IsDefined(),
    IsObject(),
    ValidateNested(),
    Type(() => DeadLetterFilterDto),
  );
}

export class RetryManyDto extends PaceDto {
  @Filter({ from: '1d ago' })
  filter!: DeadLetterFilterDto;

  @ApiPropertyOptional({ description: 'At most so many, the oldest first; default all.', example: 100 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(10_000_000)
  limit?: number;
}

export class PurgeDto extends ReasonDto {
  @Filter({ reason: 'trigger_removed' })
  filter!: DeadLetterFilterDto;

  @ApiProperty({
    description: 'How many you believe there are: when there are more or fewer, nothing is deleted.',
    example: 0,
  })
  @IsInt()
  @Min(0)
  expected!: number;
}
