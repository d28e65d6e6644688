import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { serverFor } from './tool-server';

// Shows what it was given of the environment, in place of headers; of one variable its length, and which process this is.
const { GIVEN, NOT_GIVEN, COUNTED } = process.env;
const counted = COUNTED === undefined ? '' : ` ${COUNTED.length} ${process.pid}`;
const headers = [{ authorization: `${GIVEN} ${NOT_GIVEN}${counted}` }];
void serverFor({ calls: [], headers }).connect(new StdioServerTransport());
