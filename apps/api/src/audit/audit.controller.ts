import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { Audit, RequireScope } from '@reflex/auth';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { PageQuery } from '../http/paging';

class AuditQuery extends PageQuery {
  @ApiPropertyOptional({ description: 'Who: `key:<name>/<prefix>`, `cli:<user>` or `development`.' })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  actor?: string;

  @ApiPropertyOptional({ description: 'What was done, such as `dead_letter.retry`.' })
  @IsOptional()
  @IsString()
  @MaxLength(128)
  action?: string;

  @ApiPropertyOptional({ description: 'To what: an id or a name.' })
  @IsOptional()
  @IsString()
  @MaxLength(512)
  target?: string;
}

@ApiTags('audit')
@RequireScope('admin')
@Controller('audit')
export class AuditController {
  constructor(private readonly audit: Audit) {}

  @Get()
  @ApiOperation({ summary: 'What operators did, newest first' })
  async list(@Query() query: AuditQuery): Promise<{ items: unknown[]; next_cursor: string | null }> {
    const { items, nextCursor } = await this.audit.list(query);
    return { items, next_cursor: nextCursor };
  }
}
