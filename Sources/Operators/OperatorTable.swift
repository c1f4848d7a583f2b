import ONNXGraph

/// Every operator that can run.
package struct OperatorTable: Sendable {
  /// ONNX's own operators, looked up in the default domain.
  private static let standard: [any Operator.Type] = [
    Abs.self,
    Acos.self,
    Acosh.self,
    Add.self,
    And.self,
    ArgMax.self,
    ArgMin.self,
    Asin.self,
    Asinh.self,
    Atan.self,
    Atanh.self,
    AveragePool.self,
    BatchNormalization.self,
    Cast.self,
    Ceil.self,
    Clip.self,
    Col2Im.self,
    Concat.self,
    Constant.self,
    ConstantOfShape.self,
    Conv.self,
    ConvTranspose.self,
    Cos.self,
    Cosh.self,
    CumSum.self,
    Div.self,
    Dropout.self,
    Einsum.self,
    Equal.self,
    Erf.self,
    Exp.self,
    Expand.self,
    Flatten.self,
    Floor.self,
    Gather.self,
    GatherElements.self,
    GatherND.self,
    Gemm.self,
    GlobalAveragePool.self,
    Greater.self,
    GreaterOrEqual.self,
    GridSample.self,
    GroupNormalization.self,
    HardSigmoid.self,
    HardSwish.self,
    Identity.self,
    InstanceNormalization.self,
    IsInf.self,
    IsNaN.self,
    LayerNormalization.self,
    LeakyRelu.self,
    Less.self,
    LessOrEqual.self,
    Log.self,
    LpNormalization.self,
    LRN.self,
    MatMul.self,
    Max.self,
    MaxPool.self,
    MeanVarianceNormalization.self,
    Min.self,
    Mod.self,
    Mul.self,
    Neg.self,
    NonMaxSuppression.self,
    NonZero.self,
    Not.self,
    Or.self,
    Pad.self,
    Pow.self,
    PRelu.self,
    RangeOperator.self,
    Reciprocal.self,
    ReduceL1.self,
    ReduceL2.self,
    ReduceLogSum.self,
    ReduceLogSumExp.self,
    ReduceMax.self,
    ReduceMean.self,
    ReduceMin.self,
    ReduceProd.self,
    ReduceSum.self,
    ReduceSumSquare.self,
    Relu.self,
    Reshape.self,
    Resize.self,
    RMSNormalization.self,
    RoiAlign.self,
    Round.self,
    Scatter.self,
    ScatterElements.self,
    ScatterND.self,
    ShapeOf.self,
    Sigmoid.self,
    Sign.self,
    Sin.self,
    Sinh.self,
    Slice.self,
    Softmax.self,
    Softplus.self,
    Split.self,
    Sqrt.self,
    Squeeze.self,
    Sub.self,
    Tan.self,
    Tanh.self,
    Tile.self,
    TopK.self,
    Transpose.self,
    Trilu.self,
    Unsqueeze.self,
    Upsample.self,
    Where.self,
    Xor.self,
  ]
  /// TensorRT's plugins, accepted in any domain.
  private static let plugins: [any Operator.Type] = [
    BatchedNMS.self,
    BatchedNMSDynamic.self,
    EfficientNMS.self,
    YoloLayer.self,
  ]
  /// What the verifier rewrites graphs with, in a domain of its own.
  private static let own: [any Operator.Type] = [
    Difference.self,
    RoundTo.self,
  ]
  /// The domain of ``own``.
  package static let ownDomain = "verify-patch"

  private static let standardByType = byType(standard)
  private static let pluginsByType = byType(plugins)
  private static let ownByType = byType(own)

  package init() {}

  /// The operator a node applies, when there is one for its domain and version.
  package func callAsFunction(_ node: Node, opset: Int) -> (any Operator.Type)? {
    if node.domain == Self.ownDomain { return Self.ownByType[node.operatorType] }
    if let plugin = Self.pluginsByType[node.operatorType] { return plugin }
    guard node.domain.isEmpty, let found = Self.standardByType[node.operatorType] else {
      return nil
    }
    return found.opsets.contains(opset) ? found : nil
  }

  private static func byType(_ operators: [any Operator.Type]) -> [String: any Operator.Type] {
    var table: [String: any Operator.Type] = [:]
    for entry in operators { table[entry.type] = entry }
    return table
  }
}
