import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsNumber, IsOptional, Max, Min } from 'class-validator';
import { ReasonDto } from '../http/reason';

const RATE_PER_SECOND = 50;

/** How fast to go through many, and what the first failure means. */
export class PaceDto extends ReasonDto {
  @ApiPropertyOptional({ description: 'At most so many per second.', default: RATE_PER_SECOND, example: 20 })
  @IsOptional()
  @IsNumber()
  @Min(0.1)
  @Max(5_000)
  rate_per_second?: number;

  @ApiPropertyOptional({
    default: true,
    description:
      'Begins with one, never has more under way than have succeeded, and leaves the rest alone when one gives up.',
  })
  @IsOptional()
  @IsBoolean()
  stop_on_failure?: boolean;
}

export function paceOf({ rate_per_second: rate = RATE_PER_SECOND, stop_on_failure: stopOnFailure = true }: PaceDto): {
  rate: number;
  stopOnFailure: boolean;
} {
  return { rate, stopOnFailure };
}
