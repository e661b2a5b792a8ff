# encoding: utf-8
# frozen_string_literal: true

module NanoDecrypt
  # What came from each probe and what did not, for the statistics of the pipeline. Names no constant of Logstash.
  class ProbeMetrics
    COUNTED = %i[received lost late duplicated replayed].freeze
    # Logstash forgets no metric, and whoever reads them gets all: more probes than these are counted in the sums alone.
    MAX_PROBES = 500

    def initialize
      @listed = {}
    end

    # metric: the plugin's own. accounts: what Receiver#probe_stats says.
    def publish(metric, accounts)
      nano = metric.namespace(:nano)
      COUNTED.each { |name| nano.gauge(name, accounts.map { |account| account[name] }.sum) }
      nano.gauge(:probes_unlisted, accounts.count { |account| !listed?(account[:kid]) })
      accounts.each { |account| publish_one(metric, account) if listed?(account[:kid]) }
    end

    private

    # The first ones heard stay.
    def listed?(kid)
      @listed[kid] = true if @listed.length < MAX_PROBES
      @listed.key?(kid)
    end

    # Under its kid: while a key is rotated two kids have one name.
    def publish_one(metric, account)
      probe = metric.namespace([:nano, :probes, account[:kid].to_s.to_sym])
      probe.gauge(:name, account[:name])
      COUNTED.each { |name| probe.gauge(name, account[name]) }
    end
  end
end
