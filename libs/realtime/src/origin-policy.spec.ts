import { refusedOrigin } from './origin-policy';

const open = { allowedOrigins: ['https://console.example.com'], loopbackOnly: false };
const loopback = { allowedOrigins: [], loopbackOnly: true };

describe('refusedOrigin', () => {
  it.each([
    ['a program, which sends none', 'api.example.com', undefined],
    ['our own page', 'api.example.com', 'https://api.example.com'],
    ['our own page on a port', 'localhost:8000', 'http://localhost:8000'],
    ['a listed page', 'api.example.com', 'https://console.example.com'],
  ])('lets %s pass', (_who, host, origin) => {
    expect(refusedOrigin(host, origin, open)).toBeNull();
  });

  it.each([
    ['another page', 'https://evil.example'],
    ['a listed name with something before it', 'https://evil-console.example.com'],
    ['a listed name with something behind it', 'https://console.example.com.evil.example'],
    ['a listed name over http', 'http://console.example.com'],
    ['a sandboxed page', 'null'],
    ['a name that only starts like ours', 'https://api.example.com.evil.example'],
    ['an empty one', ''],
  ])('refuses %s', (_what, origin) => {
    expect(refusedOrigin('api.example.com', origin, open)).toMatch(/ALLOWED_ORIGINS/);
  });

  it('refuses a rebound name on a loopback server, also as same-origin', () => {
    expect(refusedOrigin('evil.example:8000', 'http://evil.example:8000', loopback)).toMatch(/loopback/);
    expect(refusedOrigin('127.0.0.1.evil.example:8000', undefined, loopback)).toMatch(/loopback/);
    expect(refusedOrigin('127.0.0.1:8000', undefined, loopback)).toBeNull();
    expect(refusedOrigin('[::1]:8000', 'http://[::1]:8000', loopback)).toBeNull();
  });
});
