# encoding: utf-8
# frozen_string_literal: true

require 'securerandom'
require 'socket'
require 'nano_decrypt/opener'
require 'nano_decrypt/key_source'
require 'nano_decrypt/probe_metrics'
require 'nano_decrypt/state_file'

module NanoDecrypt
  # One opener for all instances of the same configuration: inputs clone their codec for each worker, and a filter serves all
  # workers at once, but a kid has one replay window. It reads changed keys, saves the state and tells the metrics.
  class Service
    SAVE_S = 5
    METRICS_S = 5
    LEAVE_S = 5
    ID_BYTES = 15 # as a record's id
    Settings = Struct.new(:keys, :keys_path, :state_path, :clock, :drop_stale, :max_records, :max_inflated, :refresh_s, :report_s)

    SERVICES = {}
    LOCK = Mutex.new
    private_constant :SERVICES, :LOCK

    # Returns the service of these settings, made when there is none; each `acquire` wants one `release`.
    # plugin: who uses it, with a logger, a metric and an end
    # Raises Crypto::Unusable, RegistryError, SystemCallError, StateLock::Refused, State::Damaged.
    def self.acquire(settings, plugin)
      LOCK.synchronize do
        running = SERVICES[settings]
        running.use(plugin) if running # before others go: a reload that leaves these settings alone forgets nothing
        SERVICES.values.each { |service| service.drop(&:over?) }
        running || (SERVICES[settings] = new(settings, plugin.logger)).use(plugin)
      end
    end

    # What `acquire` would say of the keys. It leaves the state, which another process may be keeping, alone.
    def self.check(settings)
      Crypto.check!
      KeySource.new(settings.keys, settings.keys_path).read
    end

    def release(plugin)
      LOCK.synchronize { drop { |user| user.equal?(plugin) } }
    end

    def initialize(settings, logger)
      @settings = settings
      @logger = logger
      @users = []
      @ended = false
      @left = false
      @state = nil
      @metrics = ProbeMetrics.new
      @given_up = Tally.new
      @reported = {}
      @report_lock = Mutex.new
      @next_report = monotonic + settings.report_s
      @keys = KeySource.new(settings.keys, settings.keys_path)
      Crypto.check!
      registry = @keys.read
      @state = settings.state_path && StateFile.new(settings.state_path)
      start(registry)
    rescue StandardError
      @state.close if @state
      raise
    end

    # Under the lock of all services, as `drop`. Returns itself. Some inputs clone their codec for each connection: of a pipeline's
    # codecs the first stands for all.
    def use(plugin)
      @users += [plugin] unless @users.any? { |user| user.as_long_as?(plugin) } # a new list: others read it without the lock
      self
    end

    # Takes away the users that the block says, and ends with the last one.
    def drop(&block)
      return if @ended
      @users = @users.reject(&block)
      return if @users.any?
      @ended = true
      SERVICES.delete(@settings)
      stop_tending
      save
      @state.close if @state
    end

    # Any thread. Returns an Opener::Result.
    def open(bytes)
      @opener.open(bytes, now_ms)
    end

    # One record for each probe that something happened to since the last report; none before it is time.
    def due_reports
      return [] if @settings.report_s.zero? || monotonic < @next_report
      @report_lock.synchronize do
        return [] if monotonic < @next_report
        @next_report = monotonic + @settings.report_s
        @receiver.probe_stats.map { |account| report(account) }.compact
      end
    end

    private

    def start(registry)
      @receiver = Receiver.new(
        registry: registry, started_at_ms: now_ms, clock: @settings.clock, drop_stale: @settings.drop_stale,
        state: @state && @state.read, given_up: @given_up
      )
      limits = { max_records: @settings.max_records, max_inflated: @settings.max_inflated }
      @opener = Opener.new(@receiver, **limits, given_up: @given_up)
      save
      @thread = Thread.new { tend }
    end

    def now_ms
      java.lang.System.currentTimeMillis
    end

    def monotonic
      java.lang.System.nanoTime / 1e9
    end

    def report(account)
      before = @reported[account[:kid]] || Hash.new(0)
      since = ProbeMetrics::COUNTED.map { |name| [name, account[name] - before[name]] }.to_h
      return nil if since.values.all?(&:zero?)
      @reported[account[:kid]] = account
      {
        'host' => Socket.gethostname,
        'short_message' => "#{account[:name]}: #{since.map { |name, count| "#{count} #{name}" }.join(', ')}",
        'timestamp' => now_ms / 1000.0, 'level' => since[:lost] > 0 || since[:replayed] > 0 ? 4 : 6,
        'message-type' => 'probe', 'probe' => account[:name], 'kid' => account[:kid],
        # Outputs take it as the document's id: without one, a later report would be taken for a copy of the first.
        'record_id' => SecureRandom.urlsafe_base64(ID_BYTES)
      }.merge(since.map { |name, count| ["relay_#{name}", count] }.to_h)
    end

    def stop_tending
      return if Thread.current.equal?(@thread)
      @thread.kill
      @thread.join
    end

    def tend
      jobs = [[@settings.refresh_s, :refresh], [SAVE_S, :save], [METRICS_S, :publish], [LEAVE_S, :leave]]
      due = jobs.map { |seconds, _| monotonic + seconds }
      until @ended
        sleep 0.5
        jobs.each_with_index do |(seconds, job), index|
          next if monotonic < due[index]
          due[index] = monotonic + seconds
          send(job)
        end
      end
    rescue StandardError => error
      # This thread must not end without a word: nothing would be saved or read again.
      @logger.error("nano_decrypt: #{error.class}: #{error.message}")
      retry
    end

    # Nobody says when a codec is not used any more. Seen twice, because between the ends of a reload nobody uses it either.
    # Whoever holds the lock may be waiting for this thread: the next time, then.
    def leave
      return unless LOCK.try_lock
      begin
        left_before = @left
        @left = @users.all?(&:over?)
        drop(&:over?) if @left && left_before
      ensure
        LOCK.unlock
      end
    end

    # Through one of the plugins that share this: through all of them, a sum over plugins would count twice.
    def publish
      metric = @users.any? && @users.first.metric
      return unless metric
      @metrics.publish(metric, @receiver.probe_stats)
      @given_up.take.each { |reason, count| metric.namespace(:nano).increment(reason, count) }
    end

    # A bad new file changes nothing but the log.
    def refresh
      return unless @keys.changed?
      @receiver.registry = @keys.read
      @logger.info('nano_decrypt: keys read again')
    rescue RegistryError, SystemCallError => error
      @logger.error("nano_decrypt: the keys are bad, the last good ones stay: #{error.message}")
    end

    # Without a file there is nothing that could be lost.
    def save
      return if @state.nil?
      @state.write(@receiver.export_state(now_ms))
      @receiver.state_saved
    rescue SystemCallError, IOError => error # JRuby's rename raises the latter
      @logger.error("nano_decrypt: the state cannot be saved to #{@settings.state_path}: #{error.message}")
    end
  end
end
