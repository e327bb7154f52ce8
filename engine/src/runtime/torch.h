// The one place where libtorch headers enter, and where differences between its versions are levelled.
// Precompiled for the whole engine.
#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/types.h>
#include <torch/utils.h>
#include <torch/version.h>
