// Not part of the package's index, but the only way to ask which fields carry @Type or @Transform.
declare module 'class-transformer/cjs/storage.js' {
  export { defaultMetadataStorage } from 'class-transformer/types/storage';
}
