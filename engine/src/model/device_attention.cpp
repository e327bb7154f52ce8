#include "model/device_attention.h"

#include <stdexcept>

#define LWB_TORCH_FROM(major, minor) \
    (TORCH_VERSION_MAJOR > (major) || (TORCH_VERSION_MAJOR == (major) && TORCH_VERSION_MINOR >= (minor)))

namespace engine {

#if LWB_TORCH_FROM(2, 1)

bool has_device_attention() {
    return true;
}

at::Tensor device_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale) {
#if LWB_TORCH_FROM(2, 5)
    const at::Tensor mixed = at::scaled_dot_product_attention(q, k, v, {}, 0.0, /*is_causal=*/true, scale,
                                                              /*enable_gqa=*/q.size(1) != k.size(1));
#else
    const int64_t group = q.size(1) / k.size(1);
    const auto for_each_query_head = [&](const at::Tensor& heads) {
        return group == 1 ? heads : heads.unsqueeze(2).expand({-1, -1, group, -1, -1}).flatten(1, 2);
    };
    const at::Tensor mixed = at::scaled_dot_product_attention(q, for_each_query_head(k), for_each_query_head(v), {}, 0.0,
                                                              /*is_causal=*/true, scale);
#endif
    return mixed.transpose(1, 2).flatten(2);
}

#else

bool has_device_attention() {
    return false;
}

at::Tensor device_attention(const at::Tensor&, const at::Tensor&, const at::Tensor&, double) {
    throw std::logic_error("this libtorch has no attention in tiles");
}

#endif

}  // namespace engine
