import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';

/** The body of an action that needs none; whoever wants to say why may. */
export class ReasonDto {
  @ApiPropertyOptional({ description: 'Why, for the audit.', example: 'The bug is fixed.' })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  reason?: string;
}

/** Documents the header that every action of an operator takes. */
export function TakesReason(): MethodDecorator {
  return applyDecorators(
    ApiHeader({ name: 'X-Reason', required: false, description: 'Why, for the audit (GET /audit).' }),
  );
}
