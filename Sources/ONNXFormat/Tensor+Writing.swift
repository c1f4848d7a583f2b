import FoundationEssentials
import Tensors

extension Onnx_TensorProto {
  /// A message that holds `tensor` and nothing else.
  package init(_ tensor: Tensor) {
    self.init()
    hold(tensor)
  }

  /// Makes this message, which holds no data, hold `tensor` as raw data.
  package mutating func hold(_ tensor: Tensor) {
    dims = tensor.shape.map { Int64($0) }
    dataType = Int32(tensor.elementType.onnxCode)
    rawData = tensor.withUnsafeBytes { Data($0) }
  }
}
