# encoding: utf-8
# frozen_string_literal: true

# Made by `npm run gen` from logstash-plugin/src/options.ts: the options, with what is allowed.
module NanoDecrypt
  module Options
    # Least and most of the numbers.
    RANGES = {
      max_inflated: [1, 262144],
      max_records: [1, 512],
      refresh_interval: [1, 86400],
      report_interval: [0, 86400],
    }.freeze

    module_function

    # What codec and filter have.
    def shared(plugin)
      # strict: the clocks of probes are right to five minutes. monotone: they may show any time that never runs back.
      plugin.config :clock, :validate => %w[strict monotone], :default => 'strict'
      # Lines of a registry, the receiver's own keys first, as `nano-keys` writes them. Either this or `keys_path`.
      plugin.config :keys, :validate => :password, :list => true
      # A registry file. Either this or `keys`.
      plugin.config :keys_path, :validate => :path
      # Most bytes that the compressed records of one message may have together.
      plugin.config :max_inflated, :validate => :number, :default => 262144
      # Most records of one message.
      plugin.config :max_records, :validate => :number, :default => 512
      # What becomes of what is authentic but older than five minutes.
      plugin.config :on_stale, :validate => %w[tag drop], :default => 'tag'
      # Seconds between looks at `keys_path`.
      plugin.config :refresh_interval, :validate => :number, :default => 5
      # `full_message`, else `short_message`, becomes `message`, as in `input gelf`.
      plugin.config :remap, :validate => :boolean, :default => true
      # Seconds between records that say what each probe's datagrams lost on the way; 0 for none.
      plugin.config :report_interval, :validate => :number, :default => 60
      # File for what must survive a restart, so that nothing passes twice. Without it, what was sent before the start is refused.
      plugin.config :state_path, :validate => :string
      # Names lose the underscore that GELF puts before them, as in `input gelf`.
      plugin.config :strip_leading_underscore, :validate => :boolean, :default => true
      # Field to put the record under; the event's root unless told.
      plugin.config :target, :validate => :field_reference
    end

    # What the filter has besides.
    def filter(plugin)
      # What becomes of an event that cannot be opened.
      plugin.config :on_failure, :validate => %w[tag drop], :default => 'tag'
      # Field that holds the envelope.
      plugin.config :source, :validate => :field_reference, :default => 'message'
      # How it stands there: armor is text that begins with `ne1.`, latin1 has one character for each byte.
      plugin.config :source_encoding, :validate => %w[armor latin1 base64 hex], :default => 'latin1'
      # Tags of an event that cannot be opened.
      plugin.config :tag_on_failure, :validate => :array, :default => %w[_nano_decrypt_failure]
    end
  end
end
