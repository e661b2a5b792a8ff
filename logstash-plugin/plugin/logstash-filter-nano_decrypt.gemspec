# encoding: utf-8
# frozen_string_literal: true

Gem::Specification.new do |s|
  s.name = 'logstash-filter-nano_decrypt'
  s.version = '0.1.0'
  s.licenses = ['Apache-2.0']
  s.summary = 'Opens the encrypted GELF envelope of nanogelf, as a codec and as a filter'
  s.authors = ['nanogelf']
  s.require_paths = ['lib']
  s.files = Dir['lib/**/*', 'spec/**/*', 'docs/**/*', '*.md', '*.gemspec', 'LICENSE']
  s.metadata = { 'logstash_plugin' => 'true', 'logstash_group' => 'filter' }
  s.required_ruby_version = '>= 2.6'
  s.add_runtime_dependency 'logstash-core-plugin-api', '>= 1.60', '<= 2.99'
end
