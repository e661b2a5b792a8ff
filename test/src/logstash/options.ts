// cold. The options of the plugins that the examples use, by Logstash's documentation of each: what stands here and what
// an example says must agree, so that neither a typing error nor a name of another version passes.
import type { Plugin, Section, Value } from './grammar.ts';

/** `new` is Logstash 8.13 to 9.5, `old` what 8.12 and before called it. */
export type Era = 'new' | 'old';

const COMMON: { readonly [section in Section]: string } = {
  input: 'add_field codec enable_metric id tags type',
  filter: 'add_field add_tag enable_metric id periodic_flush remove_field remove_tag',
  output: 'codec enable_metric id',
};

const TLS =
  'ssl_enabled ssl_certificate ssl_key ssl_key_passphrase ssl_certificate_authorities ssl_supported_protocols';

const OPTIONS: { readonly [plugin: string]: string } = {
  'input gelf': 'host port port_tcp port_udp remap strip_leading_underscore use_tcp use_udp',
  'input kafka': 'bootstrap_servers client_id consumer_threads group_id security_protocol topics topics_pattern',
  'input udp': 'buffer_size ecs_compatibility host port queue_size receive_buffer_bytes source_ip_fieldname workers',
  'input tcp new': `${TLS} dns_reverse_lookup_enabled host mode port ssl_cipher_suites ssl_client_authentication ssl_extra_chain_certs tcp_keep_alive`,
  'input tcp old':
    'host mode port ssl_cert ssl_certificate_authorities ssl_enable ssl_extra_chain_certs ssl_key ssl_verify',
  'filter mutate': 'add_field convert copy gsub join lowercase merge rename replace split strip update uppercase',
  'filter ruby': 'code init path script_params tag_on_exception',
  'filter uuid': 'overwrite target',
  'output elasticsearch': `${TLS} action api_key data_stream document_id hosts index manage_template password pipeline ssl_verification_mode user`,
  'output file': 'create_if_deleted dir_mode file_mode filename_failure flush_interval gzip path write_behavior',
  'output http':
    'automatic_retries content_type format headers http_method mapping message retry_failed retryable_codes ssl_certificate_authorities ssl_verification_mode url',
  'output kafka': 'acks bootstrap_servers client_id compression_type message_key security_protocol topic_id',
  'output opensearch':
    'action cacert document_id hosts index manage_template password ssl ssl_certificate_verification user',
  'output stdout': '',
  'output tcp new': `${TLS} host mode port reconnect_interval ssl_cipher_suites ssl_client_authentication ssl_verification_mode`,
  'output tcp old':
    'host mode port reconnect_interval ssl_cacert ssl_cert ssl_enable ssl_key ssl_key_passphrase ssl_verify',
  'output udp': 'host port retry_backoff_ms retry_count',
  'codec json': 'charset ecs_compatibility target',
  'codec json_lines': 'charset decode_size_limit_bytes delimiter ecs_compatibility target',
  'codec plain': 'charset ecs_compatibility format',
  'codec rubydebug': 'metadata',
};

/** @param own options of plugins that are ours, by `codec NAME` or `filter NAME`
 *  @returns one line for each option or plugin that the example's Logstash does not have */
export function unknownOptions(
  plugins: readonly Plugin[],
  era: Era,
  own: { readonly [plugin: string]: string },
): string[] {
  return plugins.flatMap(plugin => faultsOf(plugin, era, { ...OPTIONS, ...own }));
}

function faultsOf(plugin: Plugin, era: Era, options: { readonly [plugin: string]: string }): string[] {
  const { section, name, attributes, isCodec } = plugin;
  const kind = isCodec ? 'codec' : section;
  const known = options[`${kind} ${name}`] ?? options[`${kind} ${name} ${era}`];
  if (known === undefined) return [`no ${kind} "${name}"`];
  const names = `${known} ${isCodec ? '' : COMMON[section]}`.split(' ');
  const codecs = attributes.filter(([option]) => option === 'codec').flatMap(([, value]) => bareCodec(value, options));
  return [
    ...attributes.filter(([option]) => !names.includes(option)).map(([option]) => `${kind} ${name}: no "${option}"`),
    ...codecs,
  ];
}

const bareCodec = (value: Value, options: { readonly [plugin: string]: string }): string[] =>
  typeof value !== 'string' || options[`codec ${value}`] !== undefined ? [] : [`no codec "${value}"`];
