import { ApiProperty } from '@nestjs/swagger';

export class PublishedDto {
  @ApiProperty({ example: '01976d3e-5c3a-7c2e-9d6f-0b7a4f1f2e11' })
  id!: string;

  @ApiProperty({ enum: ['published'] })
  status!: 'published';
}
