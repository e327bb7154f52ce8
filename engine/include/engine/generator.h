// Generation with what it needs kept between requests: asking again, or with another adapter, reads no base a second time.
// One thread at a time; synchronous, call on a compute thread. Memory: the base, and up to four adapters.
#pragma once

#include <memory>

#include "engine/compute.h"

namespace engine {

class Generator {
  public:
    Generator();
    ~Generator();
    Generator(Generator&&) noexcept;
    Generator& operator=(Generator&&) noexcept;

    // As engine::generate(). The base of the last request stays: the same model, precision and device, its files not written to
    // since, make the next one start at once. Adapters are used as x A B beside the base, none is ever merged.
    Result<std::vector<GenerateOutput>> generate(const GenerateRequest& request,
                                                 const std::function<void(std::size_t, const std::string&)>& on_text = {},
                                                 std::stop_token stop = {});

    // How often a base and an adapter were read so far.
    int64_t bases_read() const;
    int64_t adapters_read() const;

    // Gives the memory back.
    void forget();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace engine
