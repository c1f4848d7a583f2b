import ONNXGraph

/// Every operator that can run.
package struct OperatorTable: Sendable {
  /// ONNX's own operators, looked up in the default domain.
  private static let standard: [any Operator.Type] = [
    Abs.self,
    Acos.self,
    Acosh.self,
    Add.self,
    AffineGrid.self,
    And.self,
    ArgMax.self,
    ArgMin.self,
    Asin.self,
    Asinh.self,
    Atan.self,
    Atanh.self,
    Attention.self,
    AveragePool.self,
    BatchNormalization.self,
    BitCast.self,
    BitShift.self,
    BitwiseAnd.self,
    BitwiseNot.self,
    BitwiseOr.self,
    BitwiseXor.self,
    BlackmanWindow.self,
    Cast.self,
    CastLike.self,
    CausalConvWithState.self,
    Ceil.self,
    Celu.self,
    CenterCropPad.self,
    Clip.self,
    Col2Im.self,
    Compress.self,
    Concat.self,
    Constant.self,
    ConstantOfShape.self,
    Conv.self,
    ConvInteger.self,
    ConvTranspose.self,
    Cos.self,
    Cosh.self,
    CumProd.self,
    CumSum.self,
    DeformConv.self,
    DepthToSpace.self,
    DequantizeLinear.self,
    Det.self,
    DFT.self,
    Div.self,
    Dropout.self,
    DynamicQuantizeLinear.self,
    Einsum.self,
    Elu.self,
    Equal.self,
    Erf.self,
    Exp.self,
    Expand.self,
    EyeLike.self,
    Flatten.self,
    Floor.self,
    Gather.self,
    GatherElements.self,
    GatherND.self,
    Gelu.self,
    Gemm.self,
    GlobalAveragePool.self,
    GlobalLpPool.self,
    GlobalMaxPool.self,
    Greater.self,
    GreaterOrEqual.self,
    GridSample.self,
    GroupNormalization.self,
    GRU.self,
    HammingWindow.self,
    HannWindow.self,
    Hardmax.self,
    HardSigmoid.self,
    HardSwish.self,
    Identity.self,
    If.self,
    InstanceNormalization.self,
    IsInf.self,
    IsNaN.self,
    LayerNormalization.self,
    LeakyRelu.self,
    Less.self,
    LessOrEqual.self,
    LinearAttention.self,
    Log.self,
    LogSoftmax.self,
    Loop.self,
    LpNormalization.self,
    LpPool.self,
    LRN.self,
    LSTM.self,
    MatMul.self,
    MatMulInteger.self,
    Max.self,
    MaxPool.self,
    MaxRoiPool.self,
    MaxUnpool.self,
    Mean.self,
    MeanVarianceNormalization.self,
    Min.self,
    Mish.self,
    Mod.self,
    Mul.self,
    Neg.self,
    NegativeLogLikelihoodLoss.self,
    NonMaxSuppression.self,
    NonZero.self,
    Not.self,
    OneHot.self,
    Or.self,
    Pad.self,
    Pow.self,
    PRelu.self,
    QLinearConv.self,
    QLinearMatMul.self,
    QuantizeLinear.self,
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
    ReverseSequence.self,
    RMSNormalization.self,
    RNN.self,
    RoiAlign.self,
    RotaryEmbedding.self,
    Round.self,
    Scan.self,
    Scatter.self,
    ScatterElements.self,
    ScatterND.self,
    Selu.self,
    ShapeOf.self,
    Shrink.self,
    Sigmoid.self,
    Sign.self,
    Sin.self,
    Sinh.self,
    SizeOf.self,
    Slice.self,
    Softmax.self,
    SoftmaxCrossEntropyLoss.self,
    Softplus.self,
    Softsign.self,
    SpaceToDepth.self,
    Split.self,
    Sqrt.self,
    Squeeze.self,
    STFT.self,
    Sub.self,
    Sum.self,
    Swish.self,
    Tan.self,
    Tanh.self,
    TensorScatter.self,
    ThresholdedRelu.self,
    Tile.self,
    TopK.self,
    Transpose.self,
    Trilu.self,
    Unique.self,
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
  /// What ONNX Runtime adds, in the domain `com.microsoft`.
  private static let microsoft: [any Operator.Type] = [
    FusedConv.self,
    QGemm.self,
    QLinearAdd.self,
    QLinearAveragePool.self,
    QLinearConcat.self,
    QLinearGlobalAveragePool.self,
    QLinearLeakyRelu.self,
    QLinearMul.self,
    QLinearSigmoid.self,
    QLinearSoftmax.self,
    QuickGelu.self,
  ]
  /// Standard operators that are also in the domain `com.microsoft`.
  private static let sharedWithMicrosoft: [any Operator.Type] = [
    DequantizeLinear.self,
    Gelu.self,
    QLinearConv.self,
    QuantizeLinear.self,
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
  private static let microsoftByType = byType(microsoft + sharedWithMicrosoft)
  private static let ownByType = byType(own)

  package init() {}

  /// Every operator that can run.
  package static let all = standard + plugins + microsoft + own

  /// Every operator that graphs may hold, by domain and name.
  package static let listed: [(domain: String, definition: any Operator.Type)] =
    [
      (domain: "ai.onnx", standard), ("com.microsoft", microsoft + sharedWithMicrosoft),
      ("plugin", plugins),
    ].flatMap { domain, operators in
      operators.map { (domain, $0) }.sorted { $0.1.type < $1.1.type }
    }

  /// The operator a node applies, whatever the version of its operator set.
  package static func definition(of node: Node) -> (any Operator.Type)? {
    if node.domain == ownDomain { return ownByType[node.operatorType] }
    if let plugin = pluginsByType[node.operatorType] { return plugin }
    switch node.domain {
    case "": return standardByType[node.operatorType]
    case "com.microsoft": return microsoftByType[node.operatorType]
    default: return nil
    }
  }

  fileprivate static func isPlugin(_ type: String) -> Bool { pluginsByType[type] != nil }

  /// Whether operators of these names, in whatever domain, add up many products or values.
  package static func accumulates(anyOf types: Set<String>) -> Bool {
    types.contains {
      (standardByType[$0] ?? pluginsByType[$0] ?? microsoftByType[$0])?.accumulates ?? false
    }
  }

  /// The operator a node applies, when there is one for its domain and version.
  package func callAsFunction(_ node: Node, opset: Int) -> (any Operator.Type)? {
    guard let found = Self.definition(of: node) else { return nil }
    return !node.isStandard || found.opsets.contains(opset) ? found : nil
  }

  private static func byType(_ operators: [any Operator.Type]) -> [String: any Operator.Type] {
    var table: [String: any Operator.Type] = [:]
    for entry in operators { table[entry.type] = entry }
    return table
  }
}

extension Node {
  /// Whether the operator is one of TensorRT's plugins, which are looked up by their names alone.
  package var isPlugin: Bool {
    domain != OperatorTable.ownDomain && OperatorTable.isPlugin(operatorType)
  }

  fileprivate var isStandard: Bool { domain.isEmpty && !isPlugin }
}
