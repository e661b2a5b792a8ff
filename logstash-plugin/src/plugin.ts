/** What the plugin is called, in the gem and in its file names. No "-" may stand in the version. */
export const PLUGIN = {
  name: 'logstash-filter-nano_decrypt',
  version: '0.1.0',
  summary: 'Opens the encrypted GELF envelope of nanogelf, as a codec and as a filter',
} as const;
