# encoding: utf-8
# frozen_string_literal: true

require 'logstash/namespace'

# Registers itself when it is made, and clones by making another.
class LogStash::Codecs::Base < LogStash::Plugin
  def initialize(params = {})
    super
    register
  end

  def clone
    LogStash::Plugins::Contextualizer.initialize_plugin(execution_context, self.class, params)
  end
end
