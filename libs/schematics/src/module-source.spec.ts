import { withDomainModule, withEvent, withProvider } from '#module-source';

const lines = (...text: string[]) => `${text.join('\n')}\n`;
const EMPTY = lines("import { Module } from '@nestjs/common';", '', '@Module({})', 'export class OrdersModule {}');

describe('a provider', () => {
  it('gets into a module that has none', () => {
    expect(withProvider(EMPTY, 'ShipTrigger', './ship.trigger')).toBe(
      lines(
        "import { Module } from '@nestjs/common';",
        "import { ShipTrigger } from './ship.trigger';",
        '',
        '@Module({providers: [ShipTrigger]})',
        'export class OrdersModule {}',
      ),
    );
  });

  it('comes after those that are there, its import in alphabetical order', () => {
    const source = lines(
      "import { Module } from '@nestjs/common';",
      "import { A } from './a';",
      "import { Z } from './z';",
      '@Module({ providers: [A, Z,], exports: [A] })',
      'export class M {}',
    );

    const changed = withProvider(source, 'B', './b');

    expect(changed).toContain('providers: [A, Z, B,], exports: [A]');
    expect(changed).toContain(
      lines("import { A } from './a';", "import { B } from './b';", "import { Z } from './z';"),
    );
  });

  it('is added only once', () => {
    const once = withProvider(EMPTY, 'ShipTrigger', './ship.trigger');

    expect(withProvider(once, 'ShipTrigger', './ship.trigger')).toBe(once);
  });

  it.each([
    ['export class M {}', 'There is no @Module'],
    ['@Module({ providers: PROVIDERS }) export class M {}', '"providers" of the module is no list.'],
  ])('is refused where it has no place: %s', (source, sentence) => {
    expect(() => withProvider(source, 'A', './a')).toThrow(sentence);
  });
});

describe('an event', () => {
  it('brings EventsModule.forFeature with it', () => {
    const changed = withEvent(EMPTY, 'OrderCreated', './order-created.event');

    expect(changed).toContain('imports: [EventsModule.forFeature([OrderCreated])]');
    expect(changed).toContain(
      lines(
        "import { Module } from '@nestjs/common';",
        "import { EventsModule } from '@reflex/events';",
        "import { OrderCreated } from './order-created.event';",
      ),
    );
  });

  it('joins the others of its module, and of an import', () => {
    const source = lines(
      "import { EventsModule } from '@reflex/events';",
      "import { OrderShipped } from './order.events';",
      '@Module({ imports: [Other, EventsModule.forFeature([OrderShipped])], providers: [] })',
      'export class M {}',
    );

    const changed = withEvent(source, 'OrderCreated', './order.events');

    expect(changed).toContain('forFeature([OrderShipped, OrderCreated])');
    expect(changed).toContain("import { OrderCreated, OrderShipped } from './order.events';");
  });
});

describe('a module', () => {
  it('gets into what domainOf returns', () => {
    const source = 'function other() { return [1]; }\nfunction domainOf() {\n  return [A.forRoot({ list: [] })];\n}\n';

    expect(withDomainModule(source, 'OrdersModule', './orders/orders.module')).toContain(
      'return [A.forRoot({ list: [] }), { module: OrdersModule }];',
    );
  });

  it('has no place where there is no domainOf', () => {
    expect(withDomainModule('export class AppModule {}', 'OrdersModule', './orders.module')).toBeUndefined();
  });
});
