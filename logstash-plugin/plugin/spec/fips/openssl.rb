# encoding: utf-8
# frozen_string_literal: true

# In the place of JRuby's openssl, which would bring BouncyCastle: a Java without it, as in images for FIPS.
