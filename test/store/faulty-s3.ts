// A proxy before an S3 service that fails as services do.
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** What it does with one request. `lost`: the service does what was asked, and the answer is a failure. */
export type Fault =
  'fine' | 'slow' | 'silent' | '500' | '503' | 'truncated' | 'corrupt' | 'wrong-tag' | 'lost' | 'reset';

export interface FaultyS3 {
  port: number;
  /** Faults of the requests to come, in turn; `fine` when they are used up. */
  plan: Fault[];
  /** The fault of every request while `plan` is empty. */
  always: Fault;
  requests: string[];
  close(): void;
}

export async function faultyS3(servicePort: number): Promise<FaultyS3> {
  const proxy: FaultyS3 = { port: 0, plan: [], always: 'fine', requests: [], close: () => {} };
  const server = createServer((incoming, outgoing) => {
    const fault = proxy.plan.shift() ?? proxy.always;
    proxy.requests.push(`${incoming.method} ${incoming.url} ${fault}`);
    void answer(servicePort, fault, incoming, outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy.port = (server.address() as { port: number }).port;
  proxy.close = () => {
    server.closeAllConnections();
    server.close();
  };
  return proxy;
}

async function answer(port: number, fault: Fault, incoming: IncomingMessage, outgoing: ServerResponse) {
  const sent = await buffer(incoming);
  if (fault === 'silent') return;
  if (fault === 'reset') return void incoming.socket.destroy();
  if (fault === '500' || fault === '503') {
    outgoing.writeHead(Number(fault), { 'content-type': 'application/xml' });
    outgoing.end('<Error><Code>InternalError</Code><Message>not today</Message></Error>');
    return;
  }
  const { headers, status, body } = await forwarded(port, incoming, sent);
  if (fault === 'slow') await new Promise((wait) => setTimeout(wait, 1500));
  if (fault === 'lost') {
    outgoing.writeHead(500).end();
    return;
  }
  if (fault === 'wrong-tag' && headers.etag) headers.etag = '"0123456789abcdef0123456789abcdef"';
  if (fault === 'corrupt' && body.length > 0) body[body.length >> 1] ^= 1;
  outgoing.writeHead(status, headers);
  if (fault === 'truncated' && body.length > 0) {
    outgoing.write(body.subarray(0, body.length >> 1), () => outgoing.socket?.destroy());
    return;
  }
  outgoing.end(body);
}

async function forwarded(port: number, incoming: IncomingMessage, sent: Buffer) {
  const { method, url: path, headers } = incoming;
  const onward = request({ host: '127.0.0.1', port, method, path, headers });
  onward.end(sent);
  const [answered] = (await once(onward, 'response')) as [IncomingMessage];
  const { connection: _, ...kept } = answered.headers as Record<string, string>;
  return { headers: kept, status: answered.statusCode!, body: await buffer(answered) };
}
