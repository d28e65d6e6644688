import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ByOperator, RequireScope, type Operator } from '@reflex/auth';
import { ReasonDto, TakesReason } from '../http/reason';
import { RotationDto, rotationJson, SecretDto, secretJson, SecretValueDto } from './secret.dto';
import { SecretService } from './secret.service';

function OneSecret(): MethodDecorator {
  return ApiParam({ name: 'name', example: 'BILLING_TOKEN' });
}

/** Secrets of tools that are stored while the service runs. No route answers a value. */
@ApiTags('secrets')
@RequireScope('admin')
@Controller('secrets')
export class SecretsController {
  constructor(private readonly secrets: SecretService) {}

  @Get()
  @ApiOperation({ summary: 'The stored secrets, without their values' })
  async list(): Promise<{ items: SecretDto[]; next_cursor: null }> {
    return { items: (await this.secrets.list()).map(secretJson), next_cursor: null };
  }

  @Put(':name')
  @TakesReason()
  @OneSecret()
  @ApiOperation({
    summary: 'Store a secret, or give it another value',
    description:
      'Tools refer to it as `secret("BILLING_TOKEN")`; all processes know it within a second. Needs `SECRETS_KEYS`.',
  })
  @ApiResponse({ status: 200, type: SecretDto })
  async set(
    @Param('name') name: string,
    @Body() { value }: SecretValueDto,
    @ByOperator() by: Operator,
  ): Promise<SecretDto> {
    return secretJson(await this.secrets.set(name, value, by));
  }

  @Delete(':name')
  @TakesReason()
  @OneSecret()
  @ApiOperation({ summary: 'Delete a stored secret; tools that refer to it fail from then on' })
  async delete(@Param('name') name: string, @ByOperator() by: Operator): Promise<{ name: string; deleted: true }> {
    await this.secrets.delete(name, by);
    return { name, deleted: true };
  }

  @Post('rotate')
  @TakesReason()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Seal all stored secrets with the first key of `SECRETS_KEYS`',
    description: 'Their values stay. When it has answered, with none left, the other keys can go.',
  })
  @ApiResponse({ status: 200, type: RotationDto })
  async rotate(@ByOperator() by: Operator, @Body() _body: ReasonDto): Promise<RotationDto> {
    return rotationJson(await this.secrets.rotate(by));
  }
}
