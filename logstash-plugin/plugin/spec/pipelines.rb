# encoding: utf-8
# frozen_string_literal: true

# What codec and filter hold while pipelines are built, reloaded and ended: jruby -Ilib -Ispec/support spec/pipelines.rb FOLDER
require 'scenes'
require 'logstash/agent'

OTHER = { 'refresh_interval' => 9 }.freeze
AGENTS = []

def agent
  AGENTS << LogStash::Agent.new
  AGENTS.last
end

def state_of(name)
  { 'state_path' => File.join(FOLDER, "#{name}-#{JRUBY_VERSION}") }
end

def made(context, kind, options)
  LogStash::Plugins::Contextualizer.initialize_plugin(context, kind, PLAIN.merge(options))
end

# A pipeline with a codec of each of the options. They are left in `codecs`; the block returns what is registered at the start.
def pipeline(*options, codecs: [])
  lambda do |context|
    codecs.replace(options.map { |more| made(context, LogStash::Codecs::NanoDecrypt, more) })
    block_given? ? Array(yield(context)) : []
  end
end

def pipeline_scene(sentence)
  scene(sentence) do
    begin
      yield
    ensure
      AGENTS.each(&:stop)
      AGENTS.clear
    end
  end
end

class Broken
  def register
    raise 'another plugin cannot'
  end
end

pipeline_scene 'two inputs of one pipeline, and clones for their workers, share what they keep' do
  codecs = []
  options = state_of('twice')
  equal agent.create(pipeline(options, options, codecs: codecs)), true
  copies = [*codecs, codecs.first.clone]
  copies.each { |copy| decoded(copy, datagrams('batch')) } # a clock's lead must be saved first
  sleep NanoDecrypt::Service::SAVE_S + 1.5
  equal copies.map { |copy| decoded(copy, datagrams('batch')).length }, [records('batch').length, 0, 0]
end

pipeline_scene 'clones that an input makes without end are not kept, and the state is held until their pipeline has ended' do
  owner, codecs, options = agent, [], state_of('cloned')
  equal owner.create(pipeline(options, codecs: codecs)), true
  clones = Array.new(100) { codecs.first.clone }
  equal clones.last.instance_variable_get(:@service).instance_variable_get(:@users), codecs
  equal agent.create(pipeline(options.merge(OTHER))).class, LogStash::ConfigurationError
  owner.stop
  equal agent.create(pipeline(options.merge(OTHER))), true
end

pipeline_scene 'a pipeline that another plugin breaks while it is built frees the state for the corrected one' do
  options = state_of('broken')
  broken = agent.create(pipeline(options) { raise 'an unknown setting' })
  equal broken.message, 'an unknown setting'
  equal agent.create(pipeline(options.merge(OTHER))), true
end

pipeline_scene 'so does one that another plugin breaks at its start' do
  options = state_of('unstarted')
  equal agent.create(pipeline(options) { Broken.new }), false
  equal agent.create(pipeline(options.merge(OTHER))), true
end

pipeline_scene 'a filter too frees it, whether it was registered or not' do
  options = state_of('filtered')
  filter = ->(context) { made(context, LogStash::Filters::NanoDecrypt, options) }
  equal agent.create(pipeline { |context| [filter[context], Broken.new] }), false
  equal agent.create(pipeline { |context| [Broken.new, filter[context]] }), false
  equal agent.create(pipeline(options.merge(OTHER))), true
end

pipeline_scene 'while a pipeline is being built, or runs, no other configuration gets its state' do
  options = state_of('held')
  both = agent.create(pipeline(options, options.merge(OTHER)))
  equal [both.class, both.message[/another nano_decrypt/]], [LogStash::ConfigurationError, 'another nano_decrypt']
  equal agent.create(pipeline(options)), true
  equal agent.create(pipeline(options.merge(OTHER))).class, LogStash::ConfigurationError
end

pipeline_scene 'a reload takes changed options over, and keeps the state' do
  owner, codecs, options = agent, [], state_of('reloaded')
  changed = ->(more) { pipeline(options.merge(more), codecs: codecs) }
  equal owner.create(changed[{}]), true
  decoded(codecs.first, datagrams('batch'))
  sleep NanoDecrypt::Service::SAVE_S + 1.5
  equal decoded(codecs.first, datagrams('batch')).length, records('batch').length
  equal owner.reload(changed[OTHER]), true
  equal [codecs.first.refresh_interval, decoded(codecs.first, datagrams('batch')).length], [9, 0]
  equal owner.reload(changed['refresh_interval' => 8]), true # the pipelines that were built to see have not stayed
end

pipeline_scene 'a reload for the sake of other plugins forgets nothing, even without a file' do
  owner, codecs, options = agent, [], { 'max_records' => 300 } # no other scene has them: what runs on would know its datagrams
  equal owner.create(pipeline(options, codecs: codecs)), true
  equal decoded(codecs.first, datagrams('batch')).length, records('batch').length
  equal owner.reload(pipeline(options, codecs: codecs)), true
  made = codecs.first
  equal [decoded(made, datagrams('batch') + datagrams('gelf')).length, made.metric.counts], [1, { :duplicate => 1, :records => 1 }]
end

pipeline_scene 'a reload that cannot be is refused while the old pipeline goes on' do
  owner, codecs = agent, []
  equal owner.create(pipeline({}, codecs: codecs)), true
  refused = owner.reload(pipeline({ 'keys' => ['{}'], 'keys_path' => nil }))
  equal [refused.class, refused.message[/keys: line 1/]], [LogStash::ConfigurationError, 'keys: line 1']
  equal decoded(codecs.first, datagrams('gelf')).length, 1
end

pipeline_scene 'what a pipeline kept is saved and free soon after its end, though nobody asks for it' do
  owner, options = agent, state_of('left')
  equal owner.create(pipeline(options)), true
  owner.stop
  sleep 2 * NanoDecrypt::Service::LEAVE_S + 1.5
  NanoDecrypt::StateLock.new(options['state_path']).release
end

finish
