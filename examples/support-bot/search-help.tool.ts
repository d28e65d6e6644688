import { Injectable } from '@nestjs/common';
import { Tool } from '@reflex/agents';
import { z } from 'zod';
import { articlesAbout, type HelpArticle } from './help-articles';

const input = z.object({ question: z.string().describe('What the customer wants to know.') });

@Injectable()
export class SearchHelpTool {
  @Tool({ name: 'search_help', description: 'Help articles about a question, best first.', input, effect: 'none' })
  search({ question }: z.output<typeof input>): HelpArticle[] | string {
    const articles = articlesAbout(question);
    return articles.length > 0 ? articles : 'No article is about this.';
  }
}
