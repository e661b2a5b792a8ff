# encoding: utf-8
# frozen_string_literal: true

# Plays the codec's vectors: jruby -Ilib spec/vectors.rb FOLDER. One line on stdout, exit 1 when anything differs.
require 'json'
require 'digest'
require 'nano_decrypt/opener'

# One scenario on one receiver, as docs/envelope.md section 8 says.
class Scenario
  START_MS = 1_800_000_000_000

  attr_reader :checks, :failures

  def initialize(file, scenario)
    @file = file
    @scenario = scenario
    @registry = load(scenario['registry'] || 'default')
    @state = scenario['state'] ? '' : nil
    @checks = 0
    @failures = []
  end

  def play
    start(@scenario['startedAtMs'] || START_MS)
    @scenario['steps'].each_with_index { |step, index| take(step, index) }
    self
  end

  private

  def load(name)
    NanoDecrypt::Registry.parse(@file['registries'].fetch(name))
  end

  def start(at_ms)
    limits = { packets_per_s: @scenario['packetsPerSecond'], bytes_per_s: @scenario['bytesPerSecond'] }
    @receiver = NanoDecrypt::Receiver.new(
      registry: @registry, started_at_ms: at_ms, clock: @scenario['clock'] || 'strict',
      drop_stale: @scenario['dropStale'] || false, state: @state, limits: limits
    )
  end

  def take(step, index)
    if step.key?('save')
      @state = @receiver.export_state(step['save'])
      @receiver.state_saved
    elsif step.key?('restart') then start(step['restart'])
    elsif step.key?('registry') then @receiver.registry = @registry = load(step['registry'])
    elsif step.key?('counters') then check(index, counted(step['counters']), step['counters'])
    elsif step.key?('stats') then check(index, stats, step['stats'])
    else check(index, describe(@receiver.receive(datagram(step), step['nowMs']), step['expect']), step['expect'])
    end
  end

  def counted(wanted)
    taken = @receiver.take_counters
    wanted.keys.map { |reason| [reason, taken[reason.to_sym]] }.to_h
  end

  def stats
    @receiver.probe_stats.map { |account| account.reject { |name, _| name == :name }.map { |name, value| [name.to_s, value] }.to_h }
  end

  def datagram(step)
    bytes = @file['datagrams'].fetch(step['datagram']).unpack1('m')
    flip = step['flipBit']
    bytes.setbyte(flip >> 3, bytes.getbyte(flip >> 3) ^ (1 << (flip & 7))) if flip
    step['cutTo'] ? bytes.byteslice(0, step['cutTo']) : bytes
  end

  def describe(received, expected)
    return received.to_s if received.is_a?(Symbol)
    hashed = expected.is_a?(Hash) && expected.key?('bodySha256')
    body = received.body
    content = hashed ? { 'bodyBytes' => body.bytesize, 'bodySha256' => Digest::SHA256.hexdigest(body) } : { 'body' => [body].pack('m0') }
    { 'type' => received.type }.merge(content).merge(
      'kid' => received.kid, 'name' => received.name, 't0' => received.t0, 'sid' => received.sid, 'seq' => received.seq,
      'sentMs' => received.sent_ms, 'stale' => received.stale
    )
  end

  def check(index, got, expected)
    @checks += 1
    @failures << "#{@scenario['name']}, step #{index}: got #{got.inspect}, expected #{expected.inspect}" unless got == expected
  end
end

folder = ARGV.fetch(0)
checks = 0
failures = []
%w[content damage fragments keys order restart time].each do |name|
  file = JSON.parse(File.read("#{folder}/#{name}.json"))
  file['scenarios'].each do |scenario|
    played = Scenario.new(file, scenario).play
    checks += played.checks
    failures.concat(played.failures)
  end
end
failures.first(20).each { |line| warn line }
puts "#{checks} checks, #{failures.length} failed (JRuby #{JRUBY_VERSION})"
exit(failures.empty? ? 0 : 1)
