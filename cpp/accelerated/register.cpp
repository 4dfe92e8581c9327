// Loading this library puts the fast twins into the kernel table, for the units of this build.
#include "accelerated/register.h"

#include "accelerated/activations.h"
#include "accelerated/attention.h"
#include "accelerated/batch_norm.h"
#include "accelerated/conv.h"
#include "accelerated/dropout.h"
#include "accelerated/elementwise.h"
#include "accelerated/embeddings.h"
#include "accelerated/gemm.h"
#include "accelerated/losses.h"
#include "accelerated/norms.h"
#include "accelerated/optimizers.h"
#include "accelerated/pool.h"
#include "accelerated/rows.h"
#include "accelerated/tokenization.h"
#include "modules/activations/activations.h"
#include "modules/attention/attention.h"
#include "modules/embeddings/embeddings.h"
#include "modules/layers/layers.h"
#include "modules/losses/losses.h"
#include "modules/optimizers/optimizers.h"
#include "modules/spatial/spatial.h"
#include "modules/tensor/tensor.h"
#include "modules/transformers/transformers.h"

namespace tinytorch::fast {
namespace {

[[maybe_unused]] MatrixRef matrix(const Strided<const float, 2>& x) {
  return {x.data, x.strides[0], x.strides[1]};
}

#ifdef TINYTORCH_HAS_TENSOR
void unary_loop(UnaryOp op, Strided<const float, 1> x, Strided<float, 1> y) {
  if (!unary(op, x, y)) tensor::unary_kernel.reference<float>()(op, x, y);
}

void binary_loop(BinaryOp op, Strided<const float, 1> a, Strided<const float, 1> b,
                 Strided<float, 1> y) {
  if (!binary(op, a, b, y)) tensor::binary_kernel.reference<float>()(op, a, b, y);
}

void matmul(Strided<const float, 2> a, Strided<const float, 2> b, View<float, 2> c) {
  gemm(matrix(a), matrix(b), c.data, c.size(1), c.size(0), c.size(1), a.size(1));
}

void register_tensor() {
  tensor::unary_kernel.accelerate<float>(unary_loop);
  tensor::binary_kernel.accelerate<float>(binary_loop);
  tensor::sum_kernel.accelerate<float>(sum);
  tensor::matmul_kernel.accelerate<float>(matmul);
}
#endif

#ifdef TINYTORCH_HAS_ACTIVATIONS
void register_activations() {
  activations::relu_kernel.accelerate<float>(relu);
  activations::relu_backward_kernel.accelerate<float>(relu_backward);
  activations::sigmoid_kernel.accelerate<float>(sigmoid);
  activations::sigmoid_backward_kernel.accelerate<float>(sigmoid_backward);
  activations::tanh_kernel.accelerate<float>(tanh);
  activations::tanh_backward_kernel.accelerate<float>(tanh_backward);
  activations::gelu_kernel.accelerate<float>(gelu);
  activations::gelu_backward_kernel.accelerate<float>(gelu_backward);
  activations::gelu_tanh_kernel.accelerate<float>(gelu_tanh);
  activations::gelu_tanh_backward_kernel.accelerate<float>(gelu_tanh_backward);
  activations::softmax_kernel.accelerate<float>(softmax);
  activations::softmax_backward_kernel.accelerate<float>(softmax_backward);
  activations::log_softmax_kernel.accelerate<float>(log_softmax);
  activations::log_softmax_backward_kernel.accelerate<float>(log_softmax_backward);
}
#endif

#ifdef TINYTORCH_HAS_LAYERS
void linear(Strided<const float, 2> x, Strided<const float, 2> weight, View<const float, 1> bias,
            View<float, 2> y) {
  Epilogue epilogue;
  if (bias.size(0) > 0) epilogue.bias = bias.data;
  gemm(matrix(x), matrix(weight).transposed(), y.data, y.size(1), y.size(0), y.size(1), x.size(1),
       epilogue);
}

// A row of ones times grad.
void linear_backward_bias(Strided<const float, 2> grad, View<float, 1> grad_bias) {
  const float one = 1;
  const int64_t n = grad_bias.size(0);
  gemm({&one, 0, 0}, matrix(grad), grad_bias.data, n, 1, n, grad.size(0));
}

void register_layers() {
  layers::linear_kernel.accelerate<float>(linear);
  layers::linear_backward_bias_kernel.accelerate<float>(linear_backward_bias);
  layers::dropout_kernel.accelerate<float>(dropout);
}
#endif

#ifdef TINYTORCH_HAS_LOSSES
void register_losses() {
  losses::bce_kernel.accelerate<float>(bce);
  losses::bce_with_logits_kernel.accelerate<float>(bce_with_logits);
  losses::bce_with_logits_backward_kernel.accelerate<float>(bce_with_logits_backward);
  losses::cross_entropy_kernel.accelerate<float>(cross_entropy);
  losses::cross_entropy_backward_kernel.accelerate<float>(cross_entropy_backward);
}
#endif

#ifdef TINYTORCH_HAS_OPTIMIZERS
void register_optimizers() {
  optimizers::sgd_kernel.accelerate<float>(sgd);
  optimizers::sgd_momentum_kernel.accelerate<float>(sgd_momentum);
  optimizers::adam_kernel.accelerate<float>(adam);
  optimizers::adamw_kernel.accelerate<float>(adamw);
  optimizers::rmsprop_kernel.accelerate<float>(rmsprop);
}
#endif

#ifdef TINYTORCH_HAS_TOKENIZATION
void register_tokenization() {
  tokenization::count_words_kernel.accelerate<float>(count_words);
  tokenization::train_kernel.accelerate<float>(train_pairs);
  tokenization::encode_kernel.accelerate<float>(encode_text);
}
#endif

#ifdef TINYTORCH_HAS_SPATIAL
void register_spatial() {
  spatial::conv2d_kernel.accelerate<float>(conv2d);
  spatial::conv2d_backward_x_kernel.accelerate<float>(conv2d_backward_x);
  spatial::conv2d_backward_weight_kernel.accelerate<float>(conv2d_backward_weight);
  spatial::conv2d_backward_bias_kernel.accelerate<float>(conv2d_backward_bias);
  spatial::max_pool2d_kernel.accelerate<float>(max_pool2d);
  spatial::max_pool2d_backward_kernel.accelerate<float>(max_pool2d_backward);
  spatial::avg_pool2d_kernel.accelerate<float>(avg_pool2d);
  spatial::avg_pool2d_backward_kernel.accelerate<float>(avg_pool2d_backward);
  spatial::channel_statistics_kernel.accelerate<float>(channel_statistics);
  spatial::batch_norm_kernel.accelerate<float>(batch_norm);
  spatial::batch_norm_backward_kernel.accelerate<float>(batch_norm_backward);
}
#endif

#ifdef TINYTORCH_HAS_EMBEDDINGS
void register_embeddings() {
  embeddings::lookup_kernel.accelerate<float>(lookup);
  embeddings::lookup_backward_kernel.accelerate<float>(lookup_backward);
  embeddings::bag_kernel.accelerate<float>(bag);
}
#endif

#ifdef TINYTORCH_HAS_ATTENTION
void register_attention() {
  attention::attend_kernel.accelerate<float>(attend);
  attention::attend_backward_kernel.accelerate<float>(attend_backward);
}
#endif

#ifdef TINYTORCH_HAS_TRANSFORMERS
void register_transformers() {
  transformers::layer_norm_kernel.accelerate<float>(layer_norm);
  transformers::layer_norm_backward_kernel.accelerate<float>(layer_norm_backward);
  transformers::rms_norm_kernel.accelerate<float>(rms_norm);
  transformers::rms_norm_backward_kernel.accelerate<float>(rms_norm_backward);
  transformers::swiglu_kernel.accelerate<float>(swiglu);
  transformers::swiglu_backward_kernel.accelerate<float>(swiglu_backward);
}
#endif

[[maybe_unused]] const bool registered = (register_twins(), true);

}  // namespace

void register_twins() {
#ifdef TINYTORCH_HAS_TENSOR
  register_tensor();
#endif
#ifdef TINYTORCH_HAS_ACTIVATIONS
  register_activations();
#endif
#ifdef TINYTORCH_HAS_LAYERS
  register_layers();
#endif
#ifdef TINYTORCH_HAS_LOSSES
  register_losses();
#endif
#ifdef TINYTORCH_HAS_OPTIMIZERS
  register_optimizers();
#endif
#ifdef TINYTORCH_HAS_SPATIAL
  register_spatial();
#endif
#ifdef TINYTORCH_HAS_TOKENIZATION
  register_tokenization();
#endif
#ifdef TINYTORCH_HAS_EMBEDDINGS
  register_embeddings();
#endif
#ifdef TINYTORCH_HAS_ATTENTION
  register_attention();
#endif
#ifdef TINYTORCH_HAS_TRANSFORMERS
  register_transformers();
#endif
}

}  // namespace tinytorch::fast
