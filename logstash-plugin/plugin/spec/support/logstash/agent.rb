# encoding: utf-8
# frozen_string_literal: true

require 'logstash/namespace'

# How Logstash builds, starts, reloads and ends pipelines, as far as a plugin can tell. Source: logstash-core, agent.rb,
# pipeline_action/create.rb and reload.rb, java_pipeline.rb, AbstractPipelineExt.java
module LogStash
  ExecutionContext = Struct.new(:pipeline)

  # Builds its plugins when it is made.
  class AbstractPipeline
    # config: is given the context of the plugins, and returns those that are registered at the start
    def initialize(config)
      @plugins = config.call(ExecutionContext.new(self))
    end
  end

  class JavaPipeline < AbstractPipeline
    attr_reader :thread

    def initialize(config)
      super # none of what follows is there yet while the plugins are built
      @running = java.util.concurrent.atomic.AtomicBoolean.new(false)
      @finished_execution = java.util.concurrent.atomic.AtomicBoolean.new(false)
    end

    def finished_execution?
      @finished_execution.get
    end

    # Returns whether it runs.
    def start
      @thread = Thread.new { run }
      sleep 0.01 until @running.get || !@thread.alive?
      @running.get
    end

    # Inputs are told to stop; nobody tells their codecs.
    def shutdown
      @running.set(false)
      sleep 0.01 until finished_execution?
    end

    private

    def run
      register
      @running.set(true)
      sleep 0.01 while @running.get
      @plugins.each(&:close)
    rescue StandardError
      nil # the real one writes it to its log
    ensure
      @finished_execution.set(true)
    end

    def register
      registered = []
      @plugins.each do |plugin|
        plugin.register
        registered << plugin
      end
    rescue StandardError
      registered.each(&:close)
      raise
    end
  end

  # Of one pipeline. Each action is done in a thread of its own, and gives true, or false or what was raised.
  class Agent
    def create(config)
      act { start(config) }
    end

    def reload(config)
      act do
        AbstractPipeline.new(config)
        @pipeline.shutdown
        start(config)
      end
    end

    def stop
      act { @pipeline.shutdown }
    end

    private

    def act
      Thread.new do
        begin
          yield
        rescue StandardError => error
          error
        end
      end.value
    end

    def start(config)
      @pipeline = JavaPipeline.new(config)
      @pipeline.start
    end
  end
end
