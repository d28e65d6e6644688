console;
export {};
