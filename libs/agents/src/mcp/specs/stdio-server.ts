import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { serverFor } from './tool-server';

// Shows what it was given of the environment, in place of headers.
const headers = [{ authorization: `${process.env['GIVEN']} ${process.env['NOT_GIVEN']}` }];
void serverFor({ calls: [], headers }).connect(new StdioServerTransport());
